"""The spec: models of ``torchenv.toml``, reading, and the JSON Schema made from them."""
