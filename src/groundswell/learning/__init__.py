"""Training, evaluation and publishing of models: from labelled texts to a version folder."""
