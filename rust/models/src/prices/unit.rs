//! The units that usage is counted in, and what one of them is a part of.
//!
//! A unit is described by words: `cache_read_tokens` are tokens, of the input, read from a cache. A unit
//! with all the words of another and more is a part of it: `cache_read_tokens` are among the `input_tokens`
//! too, and are taken out of them where they have a price of their own.
//!
//! # Source
//!
//! The units of the project `genai-prices`, whose crate keeps them to itself.

/// A unit.
#[derive(Debug)]
pub(super) struct Unit {
    /// What it is called in a usage.
    pub(super) usage_key: &'static str,
    /// What it is called among the prices of a model.
    pub(super) price_key: &'static str,
    /// How many of it a price is for.
    pub(super) per: Per,
    /// What it is, a bit for each word.
    words: u32,
}

/// How many of a unit a price is for, as a fraction of ninths: `factor / (9 * 10^decimals)` of one, because
/// hours have a third of a third in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Per {
    pub(super) factor: u128,
    pub(super) decimals: u32,
}

const THOUSAND: Per = Per { factor: 9, decimals: 3 };
const MILLION: Per = Per { factor: 9, decimals: 6 };
const BILLION: Per = Per { factor: 9, decimals: 9 };
/// One of 3,600 seconds is 25 of 90,000.
const HOUR: Per = Per { factor: 25, decimals: 4 };

const DURATIONS: u32 = 1;
const TOKENS: u32 = 1 << 1;
const TOOL_CALLS: u32 = 1 << 2;
const DOCUMENT_PAGES: u32 = 1 << 3;
const CHARACTERS: u32 = 1 << 4;
const PIXELS: u32 = 1 << 5;
const MESSAGES: u32 = 1 << 6;
const REQUESTS: u32 = 1 << 7;
const RERANK: u32 = 1 << 8;
const INPUT: u32 = 1 << 9;
const OUTPUT: u32 = 1 << 10;
const AUDIO: u32 = 1 << 11;
const IMAGE: u32 = 1 << 12;
const TEXT: u32 = 1 << 13;
const VIDEO: u32 = 1 << 14;
const READ: u32 = 1 << 15;
const WRITE: u32 = 1 << 16;
const TOOL: u32 = 1 << 17;
const CITATION: u32 = 1 << 18;
const REASONING: u32 = 1 << 19;
const FOR_HOUR: u32 = 1 << 20;
const FOR_MINUTES: u32 = 1 << 21;
const CODE_EXECUTION: u32 = 1 << 22;
const SOCIAL_SEARCH: u32 = 1 << 23;
const STORAGE_SEARCH: u32 = 1 << 24;
const WEB_SEARCH: u32 = 1 << 25;
const ANNOTATED: u32 = 1 << 26;

impl Unit {
    const fn new(usage_key: &'static str, price_key: &'static str, per: Per, words: u32) -> Self {
        Self { usage_key, price_key, per, words }
    }

    /// Whether this unit is a part of another one, and not the same.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        self.words != other.words && self.words & other.words == other.words
    }

    /// How narrow a unit is: a part is narrower than what it is a part of.
    pub(super) fn narrowness(&self) -> u32 {
        self.words.count_ones()
    }
}

/// The units, in the order of their names.
pub(super) static UNITS: [Unit; 59] = [
    Unit::new("audio_seconds", "audio_hours", HOUR, DURATIONS | AUDIO),
    Unit::new("cache_audio_read_tokens", "cache_audio_read_mtok", MILLION, TOKENS | INPUT | AUDIO | READ),
    Unit::new(
        "cache_audio_write_1h_tokens",
        "cache_audio_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | AUDIO | WRITE | FOR_HOUR,
    ),
    Unit::new(
        "cache_audio_write_5m_tokens",
        "cache_audio_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | AUDIO | WRITE | FOR_MINUTES,
    ),
    Unit::new("cache_audio_write_tokens", "cache_audio_write_mtok", MILLION, TOKENS | INPUT | AUDIO | WRITE),
    Unit::new("cache_image_read_tokens", "cache_image_read_mtok", MILLION, TOKENS | INPUT | IMAGE | READ),
    Unit::new(
        "cache_image_write_1h_tokens",
        "cache_image_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | IMAGE | WRITE | FOR_HOUR,
    ),
    Unit::new(
        "cache_image_write_5m_tokens",
        "cache_image_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | IMAGE | WRITE | FOR_MINUTES,
    ),
    Unit::new("cache_image_write_tokens", "cache_image_write_mtok", MILLION, TOKENS | INPUT | IMAGE | WRITE),
    Unit::new("cache_read_tokens", "cache_read_mtok", MILLION, TOKENS | INPUT | READ),
    Unit::new("cache_text_read_tokens", "cache_text_read_mtok", MILLION, TOKENS | INPUT | TEXT | READ),
    Unit::new(
        "cache_text_write_1h_tokens",
        "cache_text_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | TEXT | WRITE | FOR_HOUR,
    ),
    Unit::new(
        "cache_text_write_5m_tokens",
        "cache_text_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | TEXT | WRITE | FOR_MINUTES,
    ),
    Unit::new("cache_text_write_tokens", "cache_text_write_mtok", MILLION, TOKENS | INPUT | TEXT | WRITE),
    Unit::new("cache_video_read_tokens", "cache_video_read_mtok", MILLION, TOKENS | INPUT | VIDEO | READ),
    Unit::new(
        "cache_video_write_1h_tokens",
        "cache_video_write_1h_mtok",
        MILLION,
        TOKENS | INPUT | VIDEO | WRITE | FOR_HOUR,
    ),
    Unit::new(
        "cache_video_write_5m_tokens",
        "cache_video_write_5m_mtok",
        MILLION,
        TOKENS | INPUT | VIDEO | WRITE | FOR_MINUTES,
    ),
    Unit::new("cache_video_write_tokens", "cache_video_write_mtok", MILLION, TOKENS | INPUT | VIDEO | WRITE),
    Unit::new("cache_write_1h_tokens", "cache_write_1h_mtok", MILLION, TOKENS | INPUT | WRITE | FOR_HOUR),
    Unit::new("cache_write_5m_tokens", "cache_write_5m_mtok", MILLION, TOKENS | INPUT | WRITE | FOR_MINUTES),
    Unit::new("cache_write_tokens", "cache_write_mtok", MILLION, TOKENS | INPUT | WRITE),
    Unit::new("code_executions", "code_executions_kcount", THOUSAND, TOOL_CALLS | CODE_EXECUTION),
    Unit::new(
        "input_annotated_document_pages",
        "input_annotated_document_kpages",
        THOUSAND,
        DOCUMENT_PAGES | INPUT | ANNOTATED,
    ),
    Unit::new("input_audio_seconds", "input_audio_hours", HOUR, DURATIONS | INPUT | AUDIO),
    Unit::new("input_audio_tokens", "input_audio_mtok", MILLION, TOKENS | INPUT | AUDIO),
    Unit::new("input_audio_tool_tokens", "input_audio_tool_mtok", MILLION, TOKENS | INPUT | AUDIO | TOOL),
    Unit::new("input_characters", "input_mchars", MILLION, CHARACTERS | INPUT),
    Unit::new("input_document_pages", "input_document_kpages", THOUSAND, DOCUMENT_PAGES | INPUT),
    Unit::new("input_image_tokens", "input_image_mtok", MILLION, TOKENS | INPUT | IMAGE),
    Unit::new("input_image_tool_tokens", "input_image_tool_mtok", MILLION, TOKENS | INPUT | IMAGE | TOOL),
    Unit::new("input_pixels", "input_gpixels", BILLION, PIXELS | INPUT),
    Unit::new("input_text_messages", "input_text_messages_kcount", THOUSAND, MESSAGES | INPUT | TEXT),
    Unit::new("input_text_tokens", "input_text_mtok", MILLION, TOKENS | INPUT | TEXT),
    Unit::new("input_text_tool_tokens", "input_text_tool_mtok", MILLION, TOKENS | INPUT | TEXT | TOOL),
    Unit::new("input_tokens", "input_mtok", MILLION, TOKENS | INPUT),
    Unit::new("input_tool_tokens", "input_tool_mtok", MILLION, TOKENS | INPUT | TOOL),
    Unit::new("input_video_tokens", "input_video_mtok", MILLION, TOKENS | INPUT | VIDEO),
    Unit::new("input_video_tool_tokens", "input_video_tool_mtok", MILLION, TOKENS | INPUT | VIDEO | TOOL),
    Unit::new(
        "output_audio_citation_tokens",
        "output_audio_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | AUDIO | CITATION,
    ),
    Unit::new(
        "output_audio_reasoning_tokens",
        "output_audio_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | AUDIO | REASONING,
    ),
    Unit::new("output_audio_seconds", "output_audio_hours", HOUR, DURATIONS | OUTPUT | AUDIO),
    Unit::new("output_audio_tokens", "output_audio_mtok", MILLION, TOKENS | OUTPUT | AUDIO),
    Unit::new("output_citation_tokens", "output_citation_mtok", MILLION, TOKENS | OUTPUT | CITATION),
    Unit::new(
        "output_image_citation_tokens",
        "output_image_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | IMAGE | CITATION,
    ),
    Unit::new(
        "output_image_reasoning_tokens",
        "output_image_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | IMAGE | REASONING,
    ),
    Unit::new("output_image_tokens", "output_image_mtok", MILLION, TOKENS | OUTPUT | IMAGE),
    Unit::new("output_reasoning_tokens", "output_reasoning_mtok", MILLION, TOKENS | OUTPUT | REASONING),
    Unit::new(
        "output_text_citation_tokens",
        "output_text_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | TEXT | CITATION,
    ),
    Unit::new(
        "output_text_reasoning_tokens",
        "output_text_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | TEXT | REASONING,
    ),
    Unit::new("output_text_tokens", "output_text_mtok", MILLION, TOKENS | OUTPUT | TEXT),
    Unit::new("output_tokens", "output_mtok", MILLION, TOKENS | OUTPUT),
    Unit::new(
        "output_video_citation_tokens",
        "output_video_citation_mtok",
        MILLION,
        TOKENS | OUTPUT | VIDEO | CITATION,
    ),
    Unit::new(
        "output_video_reasoning_tokens",
        "output_video_reasoning_mtok",
        MILLION,
        TOKENS | OUTPUT | VIDEO | REASONING,
    ),
    Unit::new("output_video_tokens", "output_video_mtok", MILLION, TOKENS | OUTPUT | VIDEO),
    Unit::new("requests", "requests_kcount", THOUSAND, REQUESTS),
    Unit::new("rerank_searches", "rerank_searches_kcount", THOUSAND, RERANK),
    Unit::new("social_searches", "social_searches_kcount", THOUSAND, TOOL_CALLS | SOCIAL_SEARCH),
    Unit::new("storage_searches", "storage_searches_kcount", THOUSAND, TOOL_CALLS | STORAGE_SEARCH),
    Unit::new("web_searches", "web_searches_kcount", THOUSAND, TOOL_CALLS | WEB_SEARCH),
];

/// Finds the unit of a key of a usage.
pub(super) fn by_usage_key(key: &str) -> Option<&'static Unit> {
    UNITS.binary_search_by_key(&key, |unit| unit.usage_key).ok().and_then(|found| UNITS.get(found))
}

/// Finds the unit of a key of a price.
pub(super) fn by_price_key(key: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.price_key == key)
}
