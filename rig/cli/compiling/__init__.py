"""The first start of a version of rig on a machine: what is compiled when, by whom, and what is shown meanwhile."""
