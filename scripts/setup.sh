# Sourced by the scripts beside it: finds Bun, or brings it, and installs what package.json names.
# Needs Bun, or Node with npm; nothing else has to be installed by hand. Sets $bun.

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" || exit 1
bun="$root/node_modules/.bin/bun"

works() { "$1" --version >/dev/null 2>&1; }

# The lockfile's checksum, so that an install is done once.
stamp="node_modules/.jackfield-installed"
wanted=$(cksum <bun.lock)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || ! works "$bun"; then
  installer=bun
  if ! works bun; then
    installer="$bun"
    if ! works "$bun"; then
      if ! command -v npm >/dev/null 2>&1 || ! command -v node >/dev/null 2>&1; then
        echo "jackfield: neither Bun nor Node with npm was found; install one of them, then run this again" >&2
        exit 1
      fi
      version=$(node -p "require('./package.json').devDependencies.bun.replace(/^[^0-9]*/, '')")
      echo "jackfield: installing Bun $version through npm" >&2
      boot="$root/node_modules/.jackfield-bun"
      mkdir -p "$boot"
      printf '{"private":true,"allowScripts":{"bun":true}}\n' >"$boot/package.json"
      npm install --prefix "$boot" --no-package-lock --no-audit --no-fund --loglevel=error "bun@$version" >&2 || {
        echo "jackfield: npm could not install Bun; is the package registry reachable?" >&2
        exit 1
      }
      # Where install scripts are switched off the binary has to be put in place by hand.
      works "$boot/node_modules/.bin/bun" || (cd "$boot/node_modules/bun" && node install.js >&2)
      installer="$boot/node_modules/.bin/bun"
    fi
  fi
  echo "jackfield: installing packages" >&2
  "$installer" install --frozen-lockfile >&2 || {
    echo "jackfield: the packages could not be installed; is the package registry reachable?" >&2
    exit 1
  }
  works "$bun" || (cd node_modules/bun && "$installer" install.js >&2)
  works "$bun" || {
    echo "jackfield: Bun was installed but does not run on this machine" >&2
    exit 1
  }
  printf '%s\n' "$wanted" >"$stamp"
fi
