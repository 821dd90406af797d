complete -c amprig -w rig
