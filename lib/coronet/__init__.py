"""CoroNet: photograph a vehicle, read its plate, keep the record."""
