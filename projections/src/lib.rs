//! Read models: what the log says, folded into answers.
