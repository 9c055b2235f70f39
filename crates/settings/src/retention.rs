//! The table `[retention]`.

use app_model::retention::Retention;

use crate::table::Table;

pub(crate) fn read(mut table: Table<'_, '_>) -> Retention {
    let days = table.value("days").and_then(|value| value.number(1, Retention::MOST_DAYS));
    let max_bytes = table.value("max_bytes").and_then(|value| value.bytes());
    table.finish();
    let default = Retention::default();
    Retention {
        days: days.unwrap_or(default.days),
        max_bytes: max_bytes.unwrap_or(default.max_bytes),
    }
}
