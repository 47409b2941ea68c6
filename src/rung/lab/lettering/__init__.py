"""Makes pictures of texts as drawings have them, with what they say: what our reader is trained and calibrated on."""
