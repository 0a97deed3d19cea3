/** The field of an error file that says why each row was not taken. Readers pass over it. */
export const REASON_FIELD = "WaybillReason";
/** The field of an error file with the text of a row that could not be read, where that cannot stand as it was. */
export const RAW_FIELD = "WaybillRaw";
/** What a reason starts with where fields and lines have no names. */
export const REASON_MARK = `${REASON_FIELD}: `;
