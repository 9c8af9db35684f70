//! How a type is shown to people: as what it holds.

/// Has `Display` or `Debug` of a type show an expression over its value.
macro_rules! shown {
    ($type:ty: $how:ident, $value:ident => $shown:expr) => {
        impl core::fmt::$how for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let $value = self;
                core::fmt::Display::fmt(&$shown, f)
            }
        }
    };
}
