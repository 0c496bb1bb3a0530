"""客户群: every group in sight with what is wrong with it, and what happened in each."""
