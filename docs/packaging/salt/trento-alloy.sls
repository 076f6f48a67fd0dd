# Deploys the configuration of this host, and checks that Trento gets what it needs. Hosts whose
# metrics Trento pulls are skipped. `apply` verifies what the running Alloy makes of the new
# configuration and restores the old one where it fails. No secret is in any output.
{% set push = "trento-alloy inspect settings --format json | grep -q '\"mode\": \"push\"'" %}

trento-alloy:
  pkg.installed: []

trento-alloy-configuration:
  cmd.run:
    # Where Alloy loads one file alone, it is made to load the folder.
    - name: trento-alloy apply --yes --set-config-file
    - onlyif: {{ push | json }}
    # 0 means that nothing is different.
    - unless: trento-alloy apply --dry-run --set-config-file
    - require:
      - pkg: trento-alloy

trento-alloy-check:
  cmd.run:
    - name: trento-alloy check --format table --fail-on critical
    - onlyif: {{ push | json }}
    - require:
      - cmd: trento-alloy-configuration
