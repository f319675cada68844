import json, re, stat, os, sys
import pytest
from test_hostile_adapters import *
from test_hostile_adapters import stage  # noqa
from world import TOKEN

def cases():
    M="class M(dict):\n    def keys(self):\n        raise KeyError('own')\n"
    yield "mapping-raises", M+reading(changed(values="M(record.values)"))
    yield "tz-raises", "import datetime\nclass T(datetime.tzinfo):\n    def utcoffset(self, d): raise KeyError('tz')\n"+reading(changed(values="{**record.values, 'Hinta': datetime.datetime(2026,1,2,3,tzinfo=T())}"))
    yield "tz-midnight", "import datetime\nclass T(datetime.tzinfo):\n    def utcoffset(self, d): raise KeyError('tz')\n"+reading(changed(values="{**record.values, 'Pvm': datetime.datetime(2026,11,2,tzinfo=T())}"))
    yield "error-str", HONEST+"class E(SourceError):\n    def __str__(self): raise KeyError('own')\n"+reading(AT_THE_LAST.format("raise E('x')")).removeprefix(HONEST)
    yield "error-long", reading(AT_THE_LAST.format("raise SourceError('in.acme' + chr(10) + chr(27) + '[2J' + 'y' * 10**6)"))
    yield "oserr-str", reading(AT_THE_LAST.format("raise OSError(5, 'bad' + chr(10) + 'y' * 10**6)"))
    yield "at-huge", reading(changed(at="10**5000"))
    yield "at-huge-int", reading(changed(at="10**40+record.at"))
    yield "at-surr", reading(changed(at="'\\ud83d%d' % record.at"))
    yield "at-long", reading(changed(at="'x'*10**7 + str(record.at)"))
    yield "where-nl", reading(changed(where="'line\\n\\x1b[2J' + 'z'*10**6 + str(record.at)"))
    yield "close-odd", HONEST+"class I:\n    def __init__(s, it): s.it=it; s.close=7\n    def __iter__(s): return s\n    def __next__(s): return next(s.it)\n@hookimpl\ndef read(source):\n    return I(rows(source))\n"
    yield "close-getattr", HONEST+"class I:\n    def __init__(s, it): s.it=it\n    def __iter__(s): return s\n    def __next__(s): return next(s.it)\n    def __getattr__(s, n): raise KeyError(n)\n@hookimpl\ndef read(source):\n    return I(rows(source))\n"
    yield "transforms-lazy", HONEST+READ+"from collections.abc import Mapping\nclass M(Mapping):\n    def __iter__(s): raise KeyError('t')\n    def __len__(s): return 1\n    def __getitem__(s,k): raise KeyError(k)\n@hookimpl\ndef transforms():\n    return M()\n"
    yield "detect-str", HONEST+READ+"class S(str):\n    def __eq__(s,o): raise KeyError('eq')\n    __hash__=str.__hash__\n@hookimpl\ndef detect(path, head):\n    return S('specific')\n"
    yield "logging", "import logging\nlogging.basicConfig(level=logging.DEBUG)\n"+HONEST+READ
    yield "default-context", "import decimal\ndecimal.DefaultContext.prec = 2\n"+HONEST+READ+WRITES
    yield "umask", "import os\nos.umask(0)\n"+HONEST+READ+WRITES
    yield "thread-print", HONEST+reading("        import threading\n        t=threading.Thread(target=lambda: print('SECRET', record.values['Asiakas']));t.start();t.join()\n        yield record\n").removeprefix(HONEST)
    yield "fifo", HONEST+READ+"    source.path.unlink(); os.mkfifo(source.path)\n"
    yield "print-noeol", HONEST+reading("        print('SECRET', end='')\n        yield record\n").removeprefix(HONEST)
    yield "os-write", HONEST+reading("        os.write(1, b'SECRET')\n        yield record\n").removeprefix(HONEST)
    yield "sub", HONEST+reading("        import subprocess; subprocess.run(['echo','SECRET'])\n        yield record\n").removeprefix(HONEST)
    yield "sigint", HONEST+"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"+READ
    yield "reclimit", HONEST+"sys.setrecursionlimit(60)\n"+READ
    yield "write-then-3rd-read", HONEST+"times=itertools.count()\n"+READ.replace("    yield", "    if next(times) >= 2: source.path.write_text('gone')\n    yield")+WRITES
    yield "environ", HONEST+"os.environ.clear()\n"+READ
    yield "header-many", reading(changed(values="{**record.values, 'h'*10**7: 'y'}"))
    yield "problems-many", reading(changed(more="problems=('p'*10**6,)*20"))
    yield "doc-long", reading(changed(more="document='d'*10**7"))
    yield "answer-str", HONEST+READ+WRITE+"@hookimpl\ndef write_results(source, results, target):\n    written(source, results, target)\n    return 'a' + chr(10) + chr(27) + '[2J' + '\\ud83d' + 'y'*10**6\n"
    yield "target-dir", HONEST+READ+"@hookimpl\ndef write_results(source, results, target):\n    target.mkdir()\n    return True\n"
    yield "target-link", HONEST+READ+"@hookimpl\ndef write_results(source, results, target):\n    target.symlink_to(source.path)\n    return True\n"
    yield "target-hardlink", HONEST+READ+"@hookimpl\ndef write_results(source, results, target):\n    os.link(source.path, target)\n    return True\n"
    yield "results-locked", HONEST+READ+WRITE+"K=[]\n@hookimpl\ndef write_results(source, results, target):\n    written(source, results, target)\n    target.chmod(0)\n    return True\n"
    yield "exc-hostile-name", reading(AT_THE_LAST.format("raise type('X'*10**6 + chr(10), (Exception,), {})('Ostaja SECRETVALUE')"))
    yield "sock-timeout", HONEST+"import socket\nsocket.setdefaulttimeout(0.0001)\n"+READ

ALL=dict(cases())
@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("how", ["--json","--log-json"])
def test_it(stage, name, how, tmp_path):
    (stage.folder/"partner.py").write_text(ALL[name],"utf-8")
    try:
        done = stage.world.command("send", stage.source, how, "--adapters", stage.folder)
        rc, out, err = done.returncode, done.stdout, done.stderr
    except BaseException as e:
        rc, out, err = "EXC", "", repr(e)[:500]
    with open("/tmp/R2/out.txt","a") as f:
        f.write(f"===== {name} {how} rc={rc} posts={stage.world.posts()} out={len(out)} err={len(err)}\n")
        if how=="--json":
            try:
                r=json.loads(out); f.write("JSON ok: "+str(r.get("problem"))[:300]+" | notices "+str([n[:300] for n in r.get("notices",[])])+str([[n[:300] for n in x["notices"]] for x in r["files"]])+ str([x.get("totals") for x in r["files"]])+"\n")
            except Exception as e: f.write("NOT JSON "+repr(e)[:80]+" "+out[:300]+"\n")
        else:
            bad=[l for l in err.splitlines() if not l.startswith("{")]
            f.write(f"log lines not json {len(bad)}: {[b[:200] for b in bad[:5]]}\n")
        if TOKEN in out+err: f.write("TOKEN LEAK\n")
        if "Ostaja" in err or "SECRET" in out+err or "MARKER" in err: f.write("VALUE LEAK "+str([l[:200] for l in (out+err).splitlines() if "Ostaja" in l or "SECRET" in l][:3])+"\n")
        if "Traceback" in err or "mistake" in err or "mistake" in out: f.write("TRACE "+err[-800:]+"\n")
        if how=="--json": f.write("err: "+err[:300]+"\n")
        if name=="umask":
            for p in sorted(tmp_path.rglob("*")):
                if p.is_file(): f.write(f"  {oct(p.stat().st_mode)} {p}\n")
