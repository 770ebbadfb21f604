"""Learning: the second road. Everything that needs scikit-learn lives here; the road of use never imports it."""
