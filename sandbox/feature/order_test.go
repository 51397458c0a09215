package feature_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rootless-sandbox/sandbox/sandbox/feature"
)

// world are features by their names, as descriptions without id and version.
type world map[string]string

func (w world) get(_ context.Context, r feature.Reference) (feature.Got, error) {
	text, ok := w[r.Name]
	if !ok {
		text, ok = w[r.Written]
	}
	if !ok {
		return feature.Got{}, fmt.Errorf("no feature %s", r.Written)
	}
	id := r.ID()
	if strings.Contains(text, `"id"`) {
		id = ""
	}
	head := `{"version": "1.0.0"`
	if id != "" {
		head += `, "id": "` + id + `"`
	}
	m, err := feature.Parse([]byte(head + ", " + strings.TrimPrefix(text, "{")))
	return feature.Got{Metadata: m, Digest: "sha256:" + r.Pinned("")}, err
}

func order(t *testing.T, w world, asked []feature.Asked, wanted ...string) ([]string, error) {
	t.Helper()
	nodes, err := feature.Graph(t.Context(), asked, w.get)
	if err != nil {
		return nil, err
	}
	sorted, err := feature.Order(nodes, wanted)
	var out []string
	for _, n := range sorted {
		out = append(out, n.Written+options(n.Options))
	}
	return out, err
}

func options(m map[string]string) string {
	var all []string
	for k, v := range m {
		all = append(all, k+"="+v)
	}
	slices.Sort(all)
	if len(all) == 0 {
		return ""
	}
	return "(" + strings.Join(all, ",") + ")"
}

func ask(ids ...string) []feature.Asked {
	var out []feature.Asked
	for _, id := range ids {
		out = append(out, feature.Asked{ID: id})
	}
	return out
}

func with(id string, kv ...string) feature.Asked {
	a := feature.Asked{ID: id, Options: map[string]string{}}
	for i := 0; i < len(kv); i += 2 {
		a.Options[kv[i]] = kv[i+1]
	}
	return a
}

// The cases of folders are those that the reference implementation of the format is held to.
func TestOrder(t *testing.T) {
	const reg = "ghcr.io/x/y/"
	for name, c := range map[string]struct {
		world  world
		asked  []feature.Asked
		wanted []string
		want   string
	}{
		"installsAfter, what is absent is left out": {
			world: world{"./a": `{"installsAfter": ["./b", "./c"]}`, "./c": `{}`},
			asked: []feature.Asked{with("./a"), with("./c", "magicNumber", "321")},
			want:  "./c(magicNumber=321) ./a",
		},
		"dependsOn": {
			world: world{"./a": `{"dependsOn": {"./b": {"magicNumber": "50"}}}`, "./b": `{}`},
			asked: ask("./a"), want: "./b(magicNumber=50) ./a",
		},
		"dependsOn and installsAfter": {
			world: world{"./a": `{"installsAfter": ["./b"], "dependsOn": {"./c": {"magicNumber": "321"}}}`, "./b": `{}`, "./c": `{}`},
			asked: ask("./a"), want: "./c(magicNumber=321) ./a",
		},
		"dependsOn with options": {
			world: world{
				"./a": `{"dependsOn": {"./b": {"optA": "a", "optB": "a"}, "./c": {}}}`, "./b": `{}`,
				"./c": `{"dependsOn": {"./b": {"optA": "b", "optB": "a"}, "./d": {}, "./e": {}}}`,
				"./d": `{"dependsOn": {"./b": {"optA": "b", "optB": "b"}}}`, "./e": `{"dependsOn": {"./b": {}}}`,
			},
			asked: []feature.Asked{with("./a", "optA", "a", "optB", "b"), with("./b", "optA", "a", "optB", "b")},
			want: "./b ./b(optA=a,optB=a) ./b(optA=a,optB=b) ./b(optA=b,optB=a) ./b(optA=b,optB=b) " +
				"./d ./e ./c ./a(optA=a,optB=b)",
		},
		"override": {
			world: world{"./a": `{"dependsOn": {"./b": {}, "./c": {}, "./d": {}}}`, "./b": `{}`, "./c": `{}`, "./d": `{}`},
			asked: ask("./a"), wanted: []string{"./c"}, want: "./c ./b ./d ./a",
		},
		"override, intermediate": {
			world: world{
				"./a": `{"dependsOn": {"./b": {}, "./d": {}}, "installsAfter": ["./c"]}`,
				"./b": `{"dependsOn": {"./c": {}}}`, "./c": `{}`, "./d": `{}`,
			},
			asked: ask("./a"), wanted: []string{"./c", "./d"}, want: "./c ./d ./b ./a",
		},
		"override, round priority": {
			world: world{"./a": `{}`, "./b": `{"dependsOn": {"./a": {}}}`, "./c": `{}`},
			asked: ask("./b", "./c"), wanted: []string{"./a", "./b", "./c"}, want: "./a ./b ./c",
		},
		"override of what is not there": {
			world: world{"./a": `{}`, "./b": `{}`}, asked: ask("./b", "./a"),
			wanted: []string{"ghcr.io/no/such/one", "./b"}, want: "./b ./a",
		},
		"by name, then by tag with latest as the newest, then by options": {
			world: world{reg + "b": `{}`, reg + "a": `{}`, reg + "a:1.10": `{}`, reg + "a:1.9": `{}`},
			asked: []feature.Asked{with(reg + "b"), with(reg + "a"), with(reg+"a:1.10", "x", "1"), with(reg + "a:1.10"), with(reg + "a:1.9")},
			want:  reg + "a:1.9 " + reg + "a:1.10 " + reg + "a:1.10(x=1) " + reg + "a " + reg + "b",
		},
		"an earlier name satisfies": {
			world: world{
				reg + "a": `{"installsAfter": ["ghcr.io/x/y/old"]}`, reg + "new": `{"legacyIds": ["old"]}`,
				reg + "b": `{"installsAfter": ["ghcr.io/x/y/fresh"]}`, reg + "stale": `{"id": "fresh", "legacyIds": ["stale"]}`,
			},
			asked: ask(reg+"a", reg+"new", reg+"b", reg+"stale"),
			want:  reg + "new " + reg + "stale " + reg + "a " + reg + "b",
		},
		"the same one twice": {
			world: world{"./a": `{"dependsOn": {"./b": {}}}`, "./b": `{}`}, asked: ask("./a", "./b"), want: "./b ./a",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := order(t, c.world, c.asked, c.wanted...)
			if err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("got %v, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestOrderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		world world
		asked []feature.Asked
		order []string
		says  string
	}{
		"a circle of hard dependencies": {
			world: world{"./a": `{"dependsOn": {"./b": {}}}`, "./b": `{"dependsOn": {"./c": {}}}`, "./c": `{"dependsOn": {"./a": {}}}`},
			asked: ask("./a"), says: "features wait for each other: ./a -> ./b -> ./c -> ./a",
		},
		"a circle of soft ones": {
			world: world{"./a": `{"installsAfter": ["./b"]}`, "./b": `{"installsAfter": ["./c"]}`, "./c": `{"installsAfter": ["./a"]}`},
			asked: ask("./a", "./b", "./c"), says: "features wait for each other: ./a -> ./b -> ./c -> ./a",
		},
		"a circle behind another one": {
			world: world{"./x": `{"dependsOn": {"./a": {}}}`, "./a": `{"dependsOn": {"./b": {}}}`, "./b": `{"dependsOn": {"./a": {}}}`},
			asked: ask("./x"), says: "./a -> ./b -> ./a",
		},
		"what it needs is not there": {
			world: world{"./a": `{"dependsOn": {"./b": {}}}`}, asked: ask("./a"), says: "feature ./a needs it: no feature ./b",
		},
		"an order that names nothing": {
			world: world{"./a": `{}`}, asked: ask("./a"), order: []string{"a b"}, says: "order of features: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := order(t, c.world, c.asked, c.order...)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want it to say %q", err, c.says)
			}
		})
	}
	var circle *feature.CircleError
	if _, err := order(t, world{"./a": `{"dependsOn": {"./a": {}}}`}, ask("./a")); !errors.As(err, &circle) {
		t.Errorf("one that waits for itself: %v", err)
	}
}

// A feature may ask for itself with other options without end.
func TestGraphIsBounded(t *testing.T) {
	n := 0
	get := func(context.Context, feature.Reference) (feature.Got, error) {
		n++
		m, err := feature.Parse(fmt.Appendf(nil, `{"id": "a", "version": "1", "dependsOn": {"./a%d": {}}}`, n))
		return feature.Got{Metadata: m, Digest: fmt.Sprint(n)}, err
	}
	if _, err := feature.Graph(t.Context(), ask("./a"), get); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("got %v", err)
	}
}
