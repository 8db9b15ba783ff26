"""All the victims: every push of a window that WeChat would have counted, and what they have in common."""
