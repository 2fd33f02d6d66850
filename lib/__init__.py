"""Everything in the kit that would work as well for parking fines."""
