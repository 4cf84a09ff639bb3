"""Files from strangers, opened in processes apart, within hard bounds of time, memory and pixels."""
