"""What callers read, word for word, before the assurance that nothing was charged."""

FILTER = (
    "the provider's content filter refused the prompt or its picture; change the prompt and "
    "try again"
)
CAPACITY = "the provider has no capacity at the moment; try again in a few minutes"
TIMEOUT = "the provider did not finish the image in time; try again"
MODEL_FAILED = "the model failed while it made the image; try again, or another model"
THEIR_ERROR = "the provider had an error of its own; try again"
NOTHING = "the provider returned no image; change the prompt or try again"
VANISHED = "the provider deleted the image before it could be fetched; try again"
ACCOUNT = (
    "the provider cannot be used at the moment, which the operator of this server has been told; "
    "choose another model from list_models"
)
NO_MODEL = (
    "the provider does not offer this model at the moment, which the operator of this server has "
    "been told; choose another model from list_models"
)
LOST = "the connection to the provider broke, and the image with it; try again"
REFUSED = "the provider refused the input"
