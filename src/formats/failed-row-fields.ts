/** The field of an error file that says why each row was refused. Readers skip it. */
export const REASON_FIELD = "WaybillReason";
/**
 * The field of an error file with the text of a row that could not be read. It is used where the text cannot stand
 * unchanged.
 */
export const RAW_FIELD = "WaybillRaw";
/** Start of a reason where fields and lines have no names. */
export const REASON_MARK = `${REASON_FIELD}: `;
