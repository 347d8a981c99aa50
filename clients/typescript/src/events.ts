/** An event of a task: `state` with the task as it is then, or `progress` with its figures. */
export interface TaskEvent {
  event: "state" | "progress";
  id: string;
  data: Record<string, unknown>;
}

/** Server-Sent Events from the bytes of an answer (WHATWG HTML, section 9.2), as far as csvapi sends them. */
export async function* parsed(body: AsyncIterable<Uint8Array>): AsyncGenerator<TaskEvent> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body) {
    text += decoder.decode(piece, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trimStart()]),
      ) as Record<string, string | undefined>;
      if (fields["data"] !== undefined) {
        yield {
          event: fields["event"] as TaskEvent["event"],
          id: fields["id"] ?? "",
          data: JSON.parse(fields["data"]) as Record<string, unknown>,
        };
      }
    }
  }
}
