"""What payment providers sent, what is kept of contracts and invoices, who did what as admin."""
