"""Numbers in, numbers out: kernels, their memory, their arithmetic. No files but the compiler's cache, no devices."""
