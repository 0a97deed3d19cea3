import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BrokerError } from "../../src/broker/errors.ts";
import { childOf, element, parseXml, textIn, toXml } from "../../src/management/atom-xml.ts";

describe("parseXml", () => {
  test("reads elements, attributes and text in order, by their local names", () => {
    const root = parseXml(
      '<?xml version="1.0"?><!-- c --><a:entry xmlns:a="urn:a"><x p:type="q:T">1</x>, <y/></a:entry>',
    );

    expect(root).toMatchObject({
      name: "entry",
      content: [{ name: "x", attributes: { type: "q:T" }, content: ["1"] }, ", ", { name: "y" }],
    });
  });

  test.each([
    ["<a>&lt;b&gt; &amp;amp; &quot;&apos;</a>", `<b> &amp; "'`],
    ["<a>&#65;&#x42;&#x1F600;</a>", "AB\u{1F600}"],
    ["<a><![CDATA[<b>&lt;]]></a>", "<b>&lt;"],
    ["<a>x<![CDATA[y]]>z</a>", "xyz"],
    ["<a>  spaces\n stay </a>", "  spaces\n stay "],
    ["<a></a>", ""],
    ["<a/>", ""],
  ])("decodes %s", (xml, text) => {
    expect(textIn(parseXml(xml))).toBe(text);
  });

  test.each([
    ["an external entity", '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
    ["exploding entities", '<!doctype a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>'],
    ["an unknown entity", "<a>&nbsp;</a>"],
    ["an entity named as a method of objects", "<a>&toString;</a>"],
    ["a bare ampersand", "<a>a & b</a>"],
    ["a character that XML forbids", "<a>&#0;</a>"],
    ["half a surrogate pair", "<a>&#xD800;</a>"],
    ["a character beyond Unicode", "<a>&#x110000;</a>"],
    ["tags that cross", "<a><b></a></b>"],
    ["a tag left open", "<a>"],
    ["text alone", "hello"],
    ["nothing", ""],
    ["a reserved name", "<constructor>1</constructor>"],
    ["deep nesting", "<a>".repeat(10_000) + "</a>".repeat(10_000)],
  ])("refuses %s", (_, xml) => {
    expect(() => parseXml(xml)).toThrow(BrokerError);
    expect(() => parseXml(xml)).toThrow("not XML that is understood");
  });

  test("throws nothing but its own error, whatever the text", () => {
    const parts = fc.constantFrom(
      ..."< > </ /> a b = \" ' & ; &lt; &#x41; <![CDATA[ ]]> <!-- --> <? ?> <!DOCTYPE __proto__ : x".split(
        " ",
      ),
    );
    const xmlLike = fc.array(parts, { maxLength: 20 }).map((list) => list.join(""));

    fc.assert(
      fc.property(fc.oneof(xmlLike, fc.string()), (text) => {
        try {
          expect(typeof parseXml(text).name).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(BrokerError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("toXml", () => {
  test("escapes text and attributes", () => {
    const xml = toXml({ name: "a", attributes: { k: 'x"<&\n' }, content: ["<&>\r", element("b")] });

    expect(xml).toBe('<a k="x&quot;&lt;&amp;&#10;">&lt;&amp;&gt;&#13;<b></b></a>');
  });

  test("replaces what XML cannot carry", () => {
    expect(toXml(element("a", "\u0000\u0001\uD800x\uFFFE"))).toBe(
      "<a>\uFFFD\uFFFD\uFFFDx\uFFFD</a>",
    );
  });

  test("writes any text so that parseXml gives it back", () => {
    const text = fc
      .string({ unit: "binary" })
      .map((any) => any.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, ""));

    fc.assert(
      fc.property(text, text, (inside, attribute) => {
        const xml = toXml({ name: "a", attributes: { k: attribute }, content: [inside] });
        const read = parseXml(xml);

        expect(textIn(read)).toBe(inside);
        expect(read.attributes.k).toBe(attribute);
      }),
    );
  });
});

test("childOf finds the first child of a name and no deeper one", () => {
  const root = parseXml("<a>t<b><c>1</c></b><c>2</c><c>3</c></a>");

  expect(textIn(childOf(root, "c") ?? element("none"))).toBe("2");
  expect(childOf(root, "d")).toBeNull();
});
