//! How the errors of this crate are written: each variant beside the words that a person reads.

/// Defines an error: an enum, and for each variant its words, a format string over the variant's fields.
///
/// The name in `Variant(name: Type)` is for the words alone: outside, the field has none. `Variant <- name: Type` is
/// such a field too, and `?` turns an error of that type into this one.
macro_rules! error {
    (
        $(#[$about:meta])*
        $name:ident {
            $(
                $(#[$doc:meta])*
                $variant:ident
                $( ($value:ident: $value_type:ty) )?
                $( <- $source:ident: $source_type:ty )?
                $( { $( $(#[$field_doc:meta])* $field:ident: $field_type:ty, )+ } )?
                => $words:literal,
            )+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $(
                $(#[$doc])*
                $variant
                $( ($value_type) )?
                $( ($source_type) )?
                $( { $( $(#[$field_doc])* $field: $field_type, )+ } )?,
            )+
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $(
                        Self::$variant $( ($value) )? $( ($source) )? $( { $($field),+ } )? =>
                            write!(f, $words),
                    )+
                }
            }
        }

        impl core::error::Error for $name {}

        $( $(
            impl From<$source_type> for $name {
                fn from($source: $source_type) -> Self {
                    Self::$variant($source)
                }
            }
        )? )+
    };
}
