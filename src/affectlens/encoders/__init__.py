"""From a clip to features: what an encoder is shown, the encoders, and the store of features."""
