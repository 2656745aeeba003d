"""What a data set holds and what is wrong with it, before anybody trains on it."""

from mobilenetv2.doctor.check import check
from mobilenetv2.doctor.diagnosis import Diagnosis

__all__ = ["Diagnosis", "check"]
