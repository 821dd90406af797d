"""The toolbox for compiled code: compiler, pointers, memory, vectors. Nothing about audio."""
