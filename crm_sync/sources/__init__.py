"""Sources beside files: a database that is only read, with a watermark that only rises."""

from crm_sync.sources.opening import SqlOpening
from crm_sync.sources.watermarks import Watermark, keep_watermark, watermark_of

__all__ = ["SqlOpening", "Watermark", "keep_watermark", "watermark_of"]
