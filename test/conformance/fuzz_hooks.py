"""What schemathesis is told before it reads the sandbox's OpenAPI document."""

import schemathesis


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """It makes nothing for bodies whose fields depend on another's value: all of these fields become the body's own."""
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                flatten(media["schema"])


def flatten(schema):
    rules = schema.get("allOf", [])
    if not rules or not all("if" in rule for rule in rules):
        return
    del schema["allOf"]
    for rule in rules:
        for name, field in rule["then"].get("properties", {}).items():
            schema["properties"].setdefault(name, field)
