data "aws_availability_zones" "here" {
  state = "available"
}

locals {
  name          = "${var.project_name}-${var.environment}"
  zones         = slice(data.aws_availability_zones.here.names, 0, 2)
  is_production = var.environment == "production"
}

resource "aws_vpc" "main" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = local.name }
}

resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.main.id
}

resource "aws_subnet" "public" {
  count             = length(local.zones)
  vpc_id            = aws_vpc.main.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  tags              = { Name = "${local.name}-public-${count.index}" }
}

resource "aws_subnet" "private" {
  count             = length(local.zones)
  vpc_id            = aws_vpc.main.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index + 10)
  tags              = { Name = "${local.name}-private-${count.index}" }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public[0].id
  depends_on    = [aws_internet_gateway.main]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.main.id
  }
}

resource "aws_route_table_association" "public" {
  count          = length(local.zones)
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table_association" "private" {
  count          = length(local.zones)
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private.id
}

resource "aws_security_group" "balancer" {
  name        = "${local.name}-balancer"
  description = "The world reaches the balancer."
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  security_group_id = aws_security_group.balancer.id
  description       = "HTTPS, or HTTP where there is no certificate yet"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = local.has_certificate ? 443 : 80
  to_port           = local.has_certificate ? 443 : 80
}

resource "aws_vpc_security_group_egress_rule" "balancer_to_api" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "The balancer reaches APIs"
  referenced_security_group_id = aws_security_group.roles.id
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
}

resource "aws_security_group" "roles" {
  name        = "${local.name}-roles"
  description = "Every role of the installation."
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "api" {
  security_group_id            = aws_security_group.roles.id
  description                  = "The balancer reaches APIs"
  referenced_security_group_id = aws_security_group.balancer.id
  ip_protocol                  = "tcp"
  from_port                    = 8000
  to_port                      = 8000
}

resource "aws_vpc_security_group_ingress_rule" "model" {
  security_group_id            = aws_security_group.roles.id
  description                  = "Roles reach model services"
  referenced_security_group_id = aws_security_group.roles.id
  ip_protocol                  = "tcp"
  from_port                    = 8081
  to_port                      = 8081
}

resource "aws_vpc_security_group_egress_rule" "roles" {
  security_group_id = aws_security_group.roles.id
  description       = "Servers, sources and targets of messages"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_security_group" "servers" {
  name        = "${local.name}-servers"
  description = "PostgreSQL, Valkey and model files: roles alone reach them."
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "servers" {
  for_each                     = { postgres = 5432, valkey = 6379, models = 2049 }
  security_group_id            = aws_security_group.servers.id
  description                  = "Roles reach ${each.key}"
  referenced_security_group_id = aws_security_group.roles.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}
