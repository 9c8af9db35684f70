//! What is kept is found again, earliest first; what is damaged is not.
