"""The lecture reproduced, and its claims put to the test."""
