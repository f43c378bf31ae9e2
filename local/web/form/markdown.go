package form

import (
	"bytes"
	"html"
	"html/template"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown turns the texts of an application into HTML that can do no harm: no
// HTML of the text's own, no images, no headings that would disturb the page's,
// no addresses that run code. It is safe for concurrent use.
type markdown struct {
	blocks goldmark.Markdown
	line   goldmark.Markdown // what stands inside a line: "1. Name" is no list there
}

func newMarkdown() markdown {
	replaced := renderer.WithNodeRenderers(util.Prioritized(tame{}, 1))
	flat := renderer.WithNodeRenderers(util.Prioritized(tame{inLine: true}, 1))
	onlyParagraphs := parser.NewParser(
		parser.WithBlockParsers(util.Prioritized(parser.NewParagraphParser(), 1)),
		parser.WithInlineParsers(parser.DefaultInlineParsers()...),
		parser.WithASTTransformers(util.Prioritized(links{}, 1)),
	)
	return markdown{
		blocks: goldmark.New(goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(links{}, 1))), goldmark.WithRendererOptions(replaced)),
		line:   goldmark.New(goldmark.WithParser(onlyParagraphs), goldmark.WithRendererOptions(flat)),
	}
}

func convert(m goldmark.Markdown, source string) template.HTML {
	if strings.TrimSpace(source) == "" {
		return ""
	}
	var b bytes.Buffer
	if err := m.Convert([]byte(source), &b); err != nil {
		// Writing into memory does not fail; the text itself is never lost.
		return template.HTML(html.EscapeString(source)) //nolint:gosec // it has been escaped
	}
	return template.HTML(strings.TrimSpace(b.String())) //nolint:gosec // the renderer escapes all text
}

// inBlocks gives paragraphs, lists and so on.
func (m markdown) inBlocks(source string) template.HTML { return convert(m.blocks, source) }

// special are the characters that may mean something in a line of Markdown or
// HTML. Most labels have none, and lists of choices can be long.
const special = "\\`*_[]<>!&\"'\n\r\t"

// inLine gives what may stand in a label or a heading.
func (m markdown) inLine(source string) template.HTML {
	if !strings.ContainsAny(source, special) {
		return template.HTML(strings.TrimSpace(source)) //nolint:gosec // there is nothing to escape
	}
	return convert(m.line, source)
}

var tag = regexp.MustCompile(`<[^>]*>`)

// plain gives the text without markup.
func (m markdown) plain(source string) string {
	line := strings.ReplaceAll(string(m.inLine(source)), "<br>", " ")
	return strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(line, ""))), " ")
}

var punctuation = regexp.MustCompile("[!-/:-@\\[-`{-~]")

// literally escapes a value that is put into a text, so that what a person has
// typed is never read as markup.
func literally(value string) string {
	return punctuation.ReplaceAllString(strings.Join(strings.Fields(value), " "), `\$0`)
}

// links gives links the look of the design system.
type links struct{}

func (links) Transform(document *ast.Document, _ text.Reader, _ parser.Context) {
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && (n.Kind() == ast.KindLink || n.Kind() == ast.KindAutoLink) {
			n.SetAttributeString("class", []byte("ds-link"))
		}
		return ast.WalkContinue, nil
	})
}

// tame renders the nodes that goldmark renders otherwise.
type tame struct{ inLine bool }

func (t tame) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindHeading, around("<p><strong>", "</strong></p>\n"))
	r.Register(ast.KindImage, around("", "")) // its children are the text that stands for it
	r.Register(ast.KindRawHTML, rawHTML)
	r.Register(ast.KindHTMLBlock, htmlBlock)
	if t.inLine {
		r.Register(ast.KindParagraph, paragraphInLine)
	}
}

func around(before, after string) renderer.NodeRendererFunc {
	return func(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
		text := after
		if entering {
			text = before
		}
		_, err := w.WriteString(text)
		return ast.WalkContinue, err
	}
}

func paragraphInLine(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering && n.PreviousSibling() != nil {
		_, err := w.WriteString("<br>")
		return ast.WalkContinue, err
	}
	return ast.WalkContinue, nil
}

var lineBreak = regexp.MustCompile(`(?i)^<br\s*/?>$`)

// rawHTML keeps line breaks and drops all other tags; the text between them
// stands outside.
func rawHTML(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	raw, ok := n.(*ast.RawHTML)
	if !entering || !ok {
		return ast.WalkContinue, nil
	}
	if lineBreak.Match(raw.Segments.Value(source)) {
		_, err := w.WriteString("<br>")
		return ast.WalkSkipChildren, err
	}
	return ast.WalkSkipChildren, nil
}

// htmlBlock keeps the text of HTML and drops its tags.
func htmlBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	inside := html.UnescapeString(tag.ReplaceAllString(string(n.Lines().Value(source)), ""))
	if inside = strings.TrimSpace(inside); inside == "" {
		return ast.WalkSkipChildren, nil
	}
	_, err := w.WriteString("<p>" + html.EscapeString(inside) + "</p>\n")
	return ast.WalkSkipChildren, err
}
