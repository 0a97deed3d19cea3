export const DEMO = { activityId: "", fileType: "", topic: "", subscription: "" };
export async function putDemoDefinitions(..._: unknown[]): Promise<void> {}
