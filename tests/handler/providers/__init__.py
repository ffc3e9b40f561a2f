"""The vendors of images, against fakes of them."""
