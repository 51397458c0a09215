package config_test
import ("testing";"strings";"time";"fmt";"github.com/rootless-sandbox/sandbox/config";"runtime")
func TestZZ(t *testing.T){
 for n,s:=range map[string]string{
  "same":strings.Repeat("a: b\n",6660),"uniq":repeated("k%d: b\n",6660),"env":"version: 1\nenv:\n"+repeated("  k%d: b\n",6600),
  "longkeys":"version: 1\nenv:\n"+repeated("  "+strings.Repeat("k",140)+"%d: b\n",6600),
  "deep": strings.Repeat("{"+strings.Repeat("k",250)+": ",15)+"["+strings.Repeat("a,",9900)+"]",
  "list":"version: 1\nenv_file: ["+strings.Repeat("a,",9900)+"]",
  "mounts":"version: 1\nmounts: ["+strings.Repeat("{a: b},",2400)+"]",
  "comment":"version: 1\n"+strings.Repeat("#\n",1<<19-10),
  "q":"version: 1\nname: \""+strings.Repeat("\\u0041",(1<<20-30)/6)+"\"\n",
  "lit":"version: 1\nname: |\n"+strings.Repeat(" a\n",(1<<20-30)/3),
  "fold":"version: 1\nname: >\n"+strings.Repeat(" a\n",(1<<20-30)/3),
  "plain":"version: 1\nname: a"+strings.Repeat("\n a",(1<<20-30)/3),
  "sq":"version: 1\nname: '"+strings.Repeat("''",(1<<20-30)/2)+"'",
  "alias":"version: 1\nenv_file: &a ["+strings.Repeat("a,",50)+"]\nhooks: {create: {"+repeated("a%d: *a,",2500)+"}}",
 }{
  var a,b runtime.MemStats; runtime.ReadMemStats(&a)
  t0:=time.Now(); p:=config.Validate("f",[]byte(s)); d:=time.Since(t0); runtime.ReadMemStats(&b)
  m:=""; if len(p)>0 {m=p[0].Error()}
  fmt.Println(n,len(s),d,(b.TotalAlloc-a.TotalAlloc)>>20,"MB",len(p),m[:min(len(m),90)])
 }
}
