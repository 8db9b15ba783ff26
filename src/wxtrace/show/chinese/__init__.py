"""Every text for people in Chinese, by the English one; a file a topic."""
