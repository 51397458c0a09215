package config

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// parse turns the bytes of a file into its one document; nil when there is a
// problem, which is then on record.
func (d *decoder) parse(data []byte) ast.Node {
	if len(data) > maxFile {
		d.add(Problem{Message: "larger than 1 MiB: this is no configuration"})
		return nil
	}
	text := strings.TrimPrefix(string(data), "\ufeff")
	d.lines = sourceLines([]byte(text))
	if line, column, message := checkBytes([]byte(text)); message != "" {
		d.add(Problem{Line: line, Column: column, Message: message})
		return nil
	}
	// A line end of Windows is one of YAML (1.2, section 5.4); behind a comment the library counts it twice.
	return d.parseText(strings.ReplaceAll(text, "\r\n", "\n"))
}

// parseText runs the YAML library. It is made for files of friends: whatever it
// trips over is an error of the file, not of this program.
func (d *decoder) parseText(text string) (root ast.Node) {
	defer func() {
		if recover() != nil {
			d.add(Problem{Line: 1, Column: 1, Message: "not valid YAML"})
			root = nil
		}
	}()
	tokens := lexer.Tokenize(text)
	if tk, message := checkTokens(tokens); message != "" {
		d.fail(tk, "", message)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil
	}
	return d.document(file)
}

// syntaxError is what the library's errors offer.
type syntaxError interface {
	GetMessage() string
	GetToken() *token.Token
}

// syntax records an error of the parser; it knows no more than the first.
func (d *decoder) syntax(err error) {
	var at syntaxError
	if !errors.As(err, &at) || at.GetToken() == nil {
		d.add(Problem{Line: 1, Column: 1, Message: "not valid YAML"})
		return
	}
	tk := at.GetToken()
	if column := d.tabColumn(tk.Position.Line); column > 0 {
		d.add(Problem{Line: tk.Position.Line, Column: column, Message: "tabs are not allowed for indentation"})
		return
	}
	d.fail(tk, "", "not valid YAML: "+printable(at.GetMessage()))
}

// tabColumn is the column of a tab among the blanks that a line starts with; 0: none.
func (d *decoder) tabColumn(line int) int {
	if line < 1 || line > len(d.lines) {
		return 0
	}
	text := d.lines[line-1]
	blanks := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	return strings.IndexByte(blanks, '\t') + 1
}

func (d *decoder) document(file *ast.File) ast.Node {
	if len(file.Docs) > 1 {
		tk := file.Docs[1].Start
		if tk == nil && file.Docs[1].Body != nil {
			tk = start(file.Docs[1].Body)
		}
		d.fail(tk, "", "a second document (---): one file holds one configuration")
		return nil
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		d.add(Problem{Line: 1, Column: 1, Message: "the file is empty: it needs at least the line version: 1"})
		return nil
	}
	return file.Docs[0].Body
}
