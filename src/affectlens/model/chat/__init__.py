"""Chat models of transformers on this machine: asked with texts, pictures and sounds, greedily."""
