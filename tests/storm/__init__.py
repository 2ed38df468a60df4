"""The storm: many questions at the real bot while everything around it breaks, counted by what people see."""
