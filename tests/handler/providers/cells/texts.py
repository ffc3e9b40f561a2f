"""What callers read, word for word, before the assurance that nothing was charged."""

FILTER = (
    "the provider's content filter refused the prompt or its picture; change the prompt and "
    "try again"
)
CAPACITY = "the provider has no capacity at the moment; try again in a few minutes"
TIMEOUT = "the provider did not finish the image in time; try again"
MODEL_FAILED = "the model failed while it made the image"
THEIR_ERROR = "the provider had an error of its own; try again"
NOTHING = "the provider returned no image; change the prompt or try again"
VANISHED = "the provider deleted the image before it could be fetched; try again"
ACCOUNT = "the provider is unavailable at the moment; its operator has been told"
NO_MODEL = "the provider does not offer this model at the moment; its operator has been told"
LOST = "the connection to the provider broke, and the image with it; try again"
REFUSED = "the provider refused the input"
