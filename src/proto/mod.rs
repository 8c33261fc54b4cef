//! SMTP without I/O: lines, commands, message content, replies.
