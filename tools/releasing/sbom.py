"""A software bill of materials in CycloneDX 1.5 JSON, and the licences of all libraries as one text."""
import datetime
import json
import uuid

from releasing.components import components
from releasing.version import ROOT, read, version

HOME = "https://cyclonedx.org/"


def licence_field(licence):
    """CycloneDX tells an SPDX identifier from an expression of several."""
    return [{"expression": licence}] if " " in licence else [{"license": {"id": licence}}]


def upstream_version(text):
    """The upstream part of a Debian version: 1:1.10.0+ds-0.4 is 1.10.0."""
    return text.split(":")[-1].rsplit("-", maxsplit=1)[0].split("+")[0].split("~")[0].replace(".dfsg", "")


def package_url(component):
    name = component.version.replace("+", "%2B").replace(":", "%3A").replace("~", "%7E")
    return "pkg:deb/debian/%s@%s?arch=%s" % (component.package, name, component.architecture)


def component_field(component):
    """A component as CycloneDX writes it."""
    field = {
        "type": "library",
        "bom-ref": package_url(component),
        "name": component.source,
        "version": upstream_version(component.version),
        "description": component.reason.replace("`", ""),
        "scope": "optional" if component.linkage == "opened at run time" else "required",
        "licenses": licence_field(component.licence),
        "purl": package_url(component),
        "properties": [{"name": "mace:linkage", "value": component.linkage}],
    }
    if component.homepage:
        field["externalReferences"] = [{"type": "website", "url": component.homepage}]
    return field


def make_sbom(epoch, root=ROOT):
    """The text of the bill; `epoch` is the time that it bears, in seconds since 1970. Equal input gives equal bytes."""
    known = components(root)
    name = "pkg:generic/mace@" + version(root)
    time = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc)
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "library",
                "bom-ref": name,
                "name": "mace",
                "version": version(root),
                "licenses": licence_field("Apache-2.0"),
                "purl": name,
            },
        },
        "components": sorted(map(component_field, known), key=lambda field: field["bom-ref"]),
        "dependencies": [{"ref": name, "dependsOn": sorted(map(package_url, known))}],
    }
    content = json.dumps(bill, sort_keys=True)
    bill["serialNumber"] = "urn:uuid:" + str(uuid.uuid5(uuid.NAMESPACE_URL, HOME + content))
    return json.dumps(bill, indent=2, sort_keys=True) + "\n"


def make_licences(root=ROOT):
    """mace's licence, then the copyright file of each library."""
    parts = ["mace %s\n\n%s" % (version(root), read("LICENSE", root))]
    for component in sorted(components(root), key=lambda each: each.package):
        title = "%s %s (%s, %s)" % (component.package, component.version, component.licence, component.linkage)
        parts.append("%s\n\n%s" % (title, component.copyright_text()))
    return ("\n" + "=" * 100 + "\n").join(part.rstrip("\n") + "\n" for part in parts)
