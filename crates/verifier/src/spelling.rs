//! How the enums of the formats are written: each variant beside the one text or number that stands for it.

/// Defines an enum, a function that gives the spelling of a variant, and one that gives the variant of a spelling.
macro_rules! spelling {
    (
        $(#[$about:meta])*
        $name:ident: $to:ident -> $spelling_type:ty, $of:ident {
            $( $(#[$doc:meta])* $variant:ident = $spelling:literal, )+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$doc])* $variant, )+
        }

        impl $name {
            /// What stands for this in its format.
            pub const fn $to(self) -> $spelling_type {
                match self {
                    $( Self::$variant => $spelling, )+
                }
            }

            /// What `spelling` stands for, if for anything.
            fn $of(spelling: impl PartialEq<$spelling_type>) -> Option<Self> {
                [$( Self::$variant ),+].into_iter().find(|it| spelling == it.$to())
            }
        }
    };
}
