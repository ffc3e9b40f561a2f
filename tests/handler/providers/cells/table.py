"""The table itself: every vendor's column, and every cell with its vendor."""

from tests.handler.providers.cells.bedrock import BEDROCK
from tests.handler.providers.cells.bfl import BFL
from tests.handler.providers.cells.fal import FAL
from tests.handler.providers.cells.gemini import GEMINI
from tests.handler.providers.cells.openai import COMPATIBLE, OPENAI
from tests.handler.providers.cells.replicate import REPLICATE

VENDORS = (REPLICATE, FAL, OPENAI, COMPATIBLE, GEMINI, BFL, BEDROCK)
CELLS = [(vendor, cell) for vendor in VENDORS for cell in vendor.cells]
