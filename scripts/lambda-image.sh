#!/usr/bin/env bash
# Makes a stand-in for AWS's image public.ecr.aws/lambda/python:3.12 out of this machine's own Python 3.12, for
# `sam local` where no image registry can be reached. Not AWS's: its C library is this machine's.
#   scripts/lambda-image.sh [PYTHON]      PYTHON: a Python 3.12; by default the one that scripts/python312.sh finds
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
python=${1:-$("$here/python312.sh")}
image=public.ecr.aws/lambda/python:3.12-x86_64 # the tag that sam local looks for
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root"/{bin,etc/ssl/certs,lib64,opt,proc,dev,tmp,usr/bin,var/{lang,rapid,task}}
chmod 1777 "$root/tmp"

# The interpreter and its standard library, where Lambda has them.
prefix=$("$python" -c 'import sys; print(sys.base_prefix)')
tar -C "$prefix" -c --exclude='*/site-packages' --exclude='*/__pycache__' --exclude='*/test' --exclude='*/idlelib' \
    --exclude='*/tkinter' --exclude='*/ensurepip' --exclude='*/lib2to3' --exclude='*/config-3*' --exclude='*.a' \
    bin/python3.12 lib |
    tar -C "$root/var/lang" -x
# The whole of it compiled, as on Lambda, or every cold start would compile it anew.
"$python" -m compileall -q --invalidation-mode unchecked-hash "$root/var/lang/lib/python3.12"

# The runtime interface client and boto3, which Lambda's image also brings.
cp -a "$here/../.venv-sam/runtime" "$root/var/"
cat > "$root/var/runtime/bootstrap" <<'BOOTSTRAP'
#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python3.12
exec /var/lang/bin/python3.12 -m awslambdaric "$_HANDLER"
BOOTSTRAP
chmod 755 "$root/var/runtime/bootstrap"

# The commands with which sam local builds the layers into the image.
for command in sh mv chmod cp rm mkdir; do cp -L "$(command -v "$command")" "$root/bin/"; done

# The shared libraries of all that, and those that wheels for manylinux may expect (PEP 600).
{
    find "$root/var" -name '*.so*' -type f
    find "$root/bin" "$root/var/lang/bin" -type f
} | LD_LIBRARY_PATH=$root/var/lang/lib xargs ldd 2>/dev/null |
    awk '/=> \// { print $3 } /^\t\// { print $1 }' | grep -v "^$root" | sort -u > "$root/libraries"
ldconfig -p | awk '/x86-64/ && $1 ~ /^(libgcc_s|libstdc\+\+|libnss_dns|libnss_files|libresolv|libpthread|librt|libdl|libmvec)\.so\.[0-9]+$/ { print $NF }' >> "$root/libraries"
while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -nL "$library" "$root$library"
done < "$root/libraries"
rm "$root/libraries"

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/" 2>/dev/null || true
echo 'root:x:0:0:root:/:/bin/sh' > "$root/etc/passwd"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"

tar -C "$root" -c . | docker import --change 'WORKDIR /var/task' \
    --change 'ENV LANG=en_US.UTF-8 PATH=/var/lang/bin:/usr/bin:/bin:/opt/bin LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/task:/opt/lib' \
    --change 'ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime PYTHONPATH=/opt/python/lib/python3.12/site-packages:/opt/python:/var/runtime' \
    --change 'ENTRYPOINT ["/var/rapid/aws-lambda-rie"]' - "$image" > /dev/null
