//! The kinds of records that this version knows, and how each is named.

use std::fmt;

use crate::v1::record::Body;

/// The kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RecordKind {
    /// An attack, as one party tells it.
    StrikeEvent,
    /// What was found of a weapon, and what examination showed.
    WreckageFinding,
    /// One part, or a counted set of parts.
    ComponentObservation,
    /// A shipment that was seen, stopped, searched, seized or listed.
    InterceptedShipment,
    /// A step in who held an item.
    CustodyTransfer,
    /// What somebody said, announced, listed or denied.
    Statement,
    /// Something that was captured from an address or with a device.
    MediaCapture,
    /// A request to a company or an authority to trace a part.
    TraceRequest,
    /// The answer to a trace request.
    TraceResponse,
    /// What a laboratory did with a sample, and what came out.
    LabAnalysis,
    /// What an organisation says of another record.
    Attestation,
    /// A correction of a record of the same organisation.
    Correction,
    /// A withdrawal of a record of the same organisation.
    Withdrawal,
    /// That something was erased outside of the ledger.
    Erasure,
    /// That protected fields were opened to somebody.
    Disclosure,
}

impl RecordKind {
    /// Every kind that this version knows, in the order of their fields.
    pub const ALL: [Self; 15] = [
        Self::StrikeEvent,
        Self::WreckageFinding,
        Self::ComponentObservation,
        Self::InterceptedShipment,
        Self::CustodyTransfer,
        Self::Statement,
        Self::MediaCapture,
        Self::TraceRequest,
        Self::TraceResponse,
        Self::LabAnalysis,
        Self::Attestation,
        Self::Correction,
        Self::Withdrawal,
        Self::Erasure,
        Self::Disclosure,
    ];

    /// The kind whose body this is.
    pub const fn of(body: &Body) -> Self {
        match body {
            Body::StrikeEvent(_) => Self::StrikeEvent,
            Body::WreckageFinding(_) => Self::WreckageFinding,
            Body::ComponentObservation(_) => Self::ComponentObservation,
            Body::InterceptedShipment(_) => Self::InterceptedShipment,
            Body::CustodyTransfer(_) => Self::CustodyTransfer,
            Body::Statement(_) => Self::Statement,
            Body::MediaCapture(_) => Self::MediaCapture,
            Body::TraceRequest(_) => Self::TraceRequest,
            Body::TraceResponse(_) => Self::TraceResponse,
            Body::LabAnalysis(_) => Self::LabAnalysis,
            Body::Attestation(_) => Self::Attestation,
            Body::Correction(_) => Self::Correction,
            Body::Withdrawal(_) => Self::Withdrawal,
            Body::Erasure(_) => Self::Erasure,
            Body::Disclosure(_) => Self::Disclosure,
        }
    }

    /// The kind with this schema, such as `wreckage-finding/1`.
    pub fn of_schema(schema: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.schema() == schema)
    }

    /// The name and version that a record of this kind states in `schema`.
    pub const fn schema(self) -> &'static str {
        match self {
            Self::StrikeEvent => "strike-event/1",
            Self::WreckageFinding => "wreckage-finding/1",
            Self::ComponentObservation => "component-observation/1",
            Self::InterceptedShipment => "intercepted-shipment/1",
            Self::CustodyTransfer => "custody-transfer/1",
            Self::Statement => "statement/1",
            Self::MediaCapture => "media-capture/1",
            Self::TraceRequest => "trace-request/1",
            Self::TraceResponse => "trace-response/1",
            Self::LabAnalysis => "lab-analysis/1",
            Self::Attestation => "attestation/1",
            Self::Correction => "correction/1",
            Self::Withdrawal => "withdrawal/1",
            Self::Erasure => "erasure/1",
            Self::Disclosure => "disclosure/1",
        }
    }

    /// The kind as it is typed and shown in tables, such as `wreckage-finding`: its schema without the version.
    pub fn word(self) -> &'static str {
        let schema = self.schema();
        schema.split_once('/').map_or(schema, |(word, _)| word)
    }

    /// The field of the record that holds the body of this kind.
    pub const fn field(self) -> &'static str {
        match self {
            Self::StrikeEvent => "strike_event",
            Self::WreckageFinding => "wreckage_finding",
            Self::ComponentObservation => "component_observation",
            Self::InterceptedShipment => "intercepted_shipment",
            Self::CustodyTransfer => "custody_transfer",
            Self::Statement => "statement",
            Self::MediaCapture => "media_capture",
            Self::TraceRequest => "trace_request",
            Self::TraceResponse => "trace_response",
            Self::LabAnalysis => "lab_analysis",
            Self::Attestation => "attestation",
            Self::Correction => "correction",
            Self::Withdrawal => "withdrawal",
            Self::Erasure => "erasure",
            Self::Disclosure => "disclosure",
        }
    }

    /// The kind in words, for a person.
    pub const fn label(self) -> &'static str {
        match self {
            Self::StrikeEvent => "Strike event",
            Self::WreckageFinding => "Wreckage finding",
            Self::ComponentObservation => "Component observation",
            Self::InterceptedShipment => "Intercepted shipment",
            Self::CustodyTransfer => "Custody transfer",
            Self::Statement => "Statement",
            Self::MediaCapture => "Media capture",
            Self::TraceRequest => "Trace request",
            Self::TraceResponse => "Trace response",
            Self::LabAnalysis => "Laboratory analysis",
            Self::Attestation => "Attestation",
            Self::Correction => "Correction",
            Self::Withdrawal => "Withdrawal",
            Self::Erasure => "Erasure",
            Self::Disclosure => "Disclosure",
        }
    }

    /// The schemas of all kinds, separated by commas.
    pub fn known() -> String {
        Self::ALL.map(Self::schema).join(", ")
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
