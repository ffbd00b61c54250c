"""An account by the words of MetaTrader, in the two forms that sources know."""
