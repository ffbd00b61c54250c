"""Events of payment providers, and the mails that follow from them."""
