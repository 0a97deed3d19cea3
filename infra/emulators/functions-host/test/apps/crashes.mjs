throw new Error("entry file broke");
