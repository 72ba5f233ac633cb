"""`AffectLM`: one multimodal language model; a published system is a declaration of its parts."""
